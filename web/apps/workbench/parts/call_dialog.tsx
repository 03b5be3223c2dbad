/** Calls a number or a colleague. */

import { Modal, SegmentedControl, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Colleagues } from "./colleagues";
import { useAvailability, useSession, useView, useWords } from "./context";
import { useDialogs } from "./dialogs";
import { bare, Form, isDigits, isNumber } from "./fields";

type Kind = "number" | "colleague";

function CallForm(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { pending } = useView();
  const availability = useAvailability();
  const { close } = useDialogs();
  const [kind, setKind] = useState<Kind>("number");
  const [value, setValue] = useState("");
  const [touched, setTouched] = useState(false);
  const called = bare(value);
  const valid = kind === "number" ? isNumber(called) : isDigits(called);
  const action = kind === "number" ? "callOut" : "callInner";
  const { enabled, reason } = availability(action);
  const wrong = touched && !valid ? text(kind === "number" ? "field.number" : "field.digits") : null;
  const send = async () => {
    setTouched(true);
    if (!valid || !enabled) return;
    close();
    await session.call({ called, internal: kind === "colleague" });
  };
  return (
    <Form
      onSubmit={() => void send()}
      onCancel={close}
      submit={text("call.submit")}
      busy={pending.has(action)}
      testId="call-form"
    >
      <SegmentedControl
        aria-label={text("call.kind")}
        value={kind}
        onChange={(next) => setKind(next as Kind)}
        data={[
          { value: "number", label: text("call.number") },
          { value: "colleague", label: text("call.colleague") },
        ]}
        data-testid="call-kind"
      />
      {kind === "number" ? (
        <TextInput
          label={text("call.number.label")}
          description={text("call.number.help")}
          inputMode="tel"
          autoComplete="off"
          data-autofocus
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          onBlur={() => setTouched(value !== "")}
          error={wrong ?? (enabled ? null : reason)}
          data-testid="call-number"
        />
      ) : (
        <Colleagues
          label={text("call.colleague.label")}
          value={value}
          onChange={setValue}
          onBlur={() => setTouched(value !== "")}
          error={wrong ?? (enabled ? null : reason)}
          testId="call-number"
        />
      )}
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
