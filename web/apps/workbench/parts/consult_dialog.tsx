/** Asks a colleague or a queue for help while the customer waits, or with the customer in the call. */

import { Modal, SegmentedControl } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useAvailability, useSession, useWords } from "./context";
import { useDialogs } from "./dialogs";
import css from "./dialogs.module.css";
import { Form } from "./fields";
import { type Target, Targets } from "./targets";

function ConsultForm(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { close } = useDialogs();
  const { enabled, reason, busy } = useAvailability()("consult");
  const [target, setTarget] = useState<Target | null>(null);
  const [together, setTogether] = useState(false);
  const [touched, setTouched] = useState(false);
  const send = async () => {
    setTouched(true);
    if (!target || !enabled) return;
    const device = target.kind === "queue" ? 1 : 2;
    if (await session.consult({ device, address: target.address, together })) close();
  };
  const error = touched && !target ? text("targets.choose") : enabled || busy ? null : reason;
  return (
    <Form
      onSubmit={() => void send()}
      onCancel={close}
      submit={text("consult.submit")}
      busy={busy}
      testId="consult-form"
    >
      <Targets
        kinds={["agent", "queue"]}
        chosen={target}
        onChoose={setTarget}
        onTake={() => void send()}
        error={error}
      />
      <SegmentedControl
        aria-label={text("consult.mode")}
        value={together ? "together" : "alone"}
        onChange={(next) => setTogether(next === "together")}
        data={[
          { value: "alone", label: text("consult.alone") },
          { value: "together", label: text("consult.together") },
        ]}
        data-testid="consult-mode"
      />
      <p className={css.note}>{text(together ? "consult.note.together" : "consult.note.alone")}</p>
    </Form>
  );
}

export function ConsultDialog(): ReactNode {
  const text = useWords();
  const { shown, close } = useDialogs();
  return (
    <Modal
      opened={shown === "consult"}
      onClose={close}
      title={text("consult.heading")}
      closeButtonProps={{ "aria-label": text("common.close") }}
    >
      <ConsultForm />
    </Modal>
  );
}
