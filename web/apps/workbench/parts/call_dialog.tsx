/** Calls a number or a colleague. */

import { Modal } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useAvailability, useSession, useView, useWords } from "./context";
import { useDialogs } from "./dialogs";
import { Form } from "./fields";
import { type Target, Targets } from "./targets";

function CallForm(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { pending } = useView();
  const availability = useAvailability();
  const { close } = useDialogs();
  const [target, setTarget] = useState<Target | null>(null);
  const [touched, setTouched] = useState(false);
  const action = target?.kind === "agent" ? "callInner" : "callOut";
  const { enabled, reason } = availability(action);
  const send = async () => {
    setTouched(true);
    if (!target || !enabled) return;
    close();
    await session.call({ called: target.address, internal: target.kind === "agent" });
  };
  const error = touched && !target ? text("targets.choose") : enabled ? null : reason;
  return (
    <Form
      onSubmit={() => void send()}
      onCancel={close}
      submit={text("call.submit")}
      busy={pending.has(action)}
      testId="call-form"
    >
      <Targets
        kinds={["number", "agent"]}
        chosen={target}
        onChoose={setTarget}
        onTake={() => void send()}
        error={error}
      />
    </Form>
  );
}

export function CallDialog(): ReactNode {
  const text = useWords();
  const { shown, close } = useDialogs();
  return (
    <Modal
      opened={shown === "call"}
      onClose={close}
      title={text("call.heading")}
      closeButtonProps={{ "aria-label": text("common.close") }}
    >
      <CallForm />
    </Modal>
  );
}
