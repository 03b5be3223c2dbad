/** Transfers the call and leaves at once: to a queue, an agent or a number. */

import { Modal, SegmentedControl, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { mayTransferOutside } from "../session/buttons";
import { Colleagues } from "./colleagues";
import { useAvailability, useSession, useView, useWords } from "./context";
import { useDialogs } from "./dialogs";
import css from "./dialogs.module.css";
import { bare, Form, isDigits, isNumber, Select } from "./fields";

type Kind = "queue" | "agent" | "number";
const DEVICE = { queue: 1, agent: 2, number: 5 } as const;

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

function TransferForm(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { account, model } = useView();
  const availability = useAvailability();
  const { close } = useDialogs();
  const queues = account?.queues ?? [];
  const [kind, setKind] = useState<Kind>(queues.length ? "queue" : "agent");
  const [queue, setQueue] = useState(String(queues[0]?.id ?? ""));
  const [value, setValue] = useState("");
  const [touched, setTouched] = useState(false);
  const typed = bare(value);
  const address = kind === "queue" ? queue : typed;
  const valid = kind === "number" ? isNumber(address) : isDigits(address) && address !== account?.workno;
  const outside = mayTransferOutside(model);
  const { enabled, busy } = availability("transfer");
  const send = async () => {
    setTouched(true);
    if (!valid || !enabled) return;
    if (await session.transfer({ device: DEVICE[kind], address })) close();
  };
  const fieldError = touched && !valid ? text(kind === "number" ? "field.number" : "field.digits") : null;
  return (
    <Form
      onSubmit={() => void send()}
      onCancel={close}
      submit={text("transfer.submit")}
      busy={busy}
      testId="transfer-form"
    >
      <SegmentedControl
        aria-label={text("transfer.kind")}
        value={kind}
        onChange={(next) => setKind(next as Kind)}
        data={[
          { value: "queue", label: text("transfer.queue"), disabled: queues.length === 0 },
          { value: "agent", label: text("transfer.agent") },
          { value: "number", label: text("transfer.number"), disabled: !outside },
        ]}
        data-testid="transfer-kind"
      />
      {kind === "queue" ? (
        <Select
          label={text("transfer.queue.label")}
          value={queue}
          onChange={setQueue}
          options={queues.map((each) => ({ value: String(each.id), label: each.name }))}
          testId="transfer-queue"
        />
      ) : null}
      {kind === "agent" ? (
        <Colleagues
          label={text("transfer.agent.label")}
          value={value}
          onChange={setValue}
          onBlur={() => setTouched(value !== "")}
          error={fieldError}
          testId="transfer-address"
        />
      ) : null}
      {kind === "number" ? (
        <TextInput
          label={text("transfer.number.label")}
          inputMode="tel"
          autoComplete="off"
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          onBlur={() => setTouched(value !== "")}
          error={fieldError}
          data-testid="transfer-address"
        />
      ) : null}
      <p className={css.note}>{text(outside ? "transfer.note" : "transfer.number.off")}</p>
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
