/** Passes the call on: where to, and when the agent leaves it. */

import { Modal, SegmentedControl } from "@mantine/core";
import { type DeviceType, TRANSFER_MODES, type TransferKind } from "@opencec/api-client";
import { type ReactNode, useState } from "react";
import { mayTransferOutside } from "../session/buttons";
import { useAvailability, useSession, useView, useWords } from "./context";
import { useDialogs } from "./dialogs";
import css from "./dialogs.module.css";
import { Form } from "./fields";
import { type Target, type TargetKind, Targets } from "./targets";

const DEVICE: Record<TargetKind, DeviceType> = { queue: 1, agent: 2, ivr: 3, number: 5 };

/** Why a transfer is not possible now, or did not work. */
function Trouble(): ReactNode {
  const text = useWords();
  const { failed } = useView();
  const { enabled, reason, busy } = useAvailability()("transfer");
  const words =
    failed?.action === "transfer"
      ? text("banner.failed", { action: text("action.transfer") })
      : enabled || busy
        ? null
        : reason;
  return words ? (
    <p className={css.problem} role="alert" data-testid="transfer-problem">
      {words}
    </p>
  ) : null;
}

/** The modes of a target that this server knows; nobody may leave a call they made to an outside number at once. */
function modesOf(kind: TargetKind, outside: boolean): TransferKind[] {
  const all = Object.keys(TRANSFER_MODES[DEVICE[kind]]) as TransferKind[];
  return all.filter((each) => kind !== "number" || outside || each !== "release");
}

function TransferForm(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { model } = useView();
  const availability = useAvailability();
  const { close } = useDialogs();
  const [target, setTarget] = useState<Target | null>(null);
  const [wished, setWished] = useState<TransferKind>("release");
  const [touched, setTouched] = useState(false);
  const outside = mayTransferOutside(model);
  const modes = modesOf(target?.kind ?? "queue", outside);
  const mode = modes.includes(wished) ? wished : (modes[0] ?? "release");
  const kinds: TargetKind[] = ["agent", "queue", "ivr", "number"];
  const possible = kinds.filter((kind) => modesOf(kind, outside).length > 0);
  const { enabled, busy } = availability("transfer");
  const send = async () => {
    setTouched(true);
    if (!target || !enabled) return;
    const { kind, address } = target;
    if (await session.transfer({ device: DEVICE[kind], address, kind: mode })) close();
  };
  return (
    <Form
      onSubmit={() => void send()}
      onCancel={close}
      submit={text("transfer.submit")}
      busy={busy}
      testId="transfer-form"
    >
      <Targets
        kinds={possible}
        chosen={target}
        onChoose={setTarget}
        onTake={() => void send()}
        error={touched && !target ? text("targets.choose") : null}
      />
      {modes.length > 1 ? (
        <SegmentedControl
          aria-label={text("transfer.mode")}
          value={mode}
          onChange={(next) => setWished(next as TransferKind)}
          data={modes.map((each) => ({ value: each, label: text(`transfer.mode.${each}`) }))}
          data-testid="transfer-mode"
        />
      ) : null}
      <p className={css.note} data-testid="transfer-note">
        {text(`transfer.note.${mode}`)} {possible.includes("number") ? "" : text("transfer.number.off")}
      </p>
      <Trouble />
    </Form>
  );
}

export function TransferDialog(): ReactNode {
  const text = useWords();
  const { shown, close } = useDialogs();
  return (
    <Modal
      opened={shown === "transfer"}
      onClose={close}
      title={text("transfer.heading")}
      closeButtonProps={{ "aria-label": text("common.close") }}
    >
      <TransferForm />
    </Modal>
  );
}
