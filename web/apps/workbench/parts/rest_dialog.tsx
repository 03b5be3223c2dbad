/** Takes a rest: why, and for how long. */

import { Modal, SegmentedControl, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useSession, useView, useWords } from "./context";
import { useDialogs } from "./dialogs";
import { Form, Select } from "./fields";

const USUAL = ["5", "10", "15", "30", "60"];
/** The gateway takes 1-86399 seconds. */
const MOST_MINUTES = 1439;

function RestForm(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { account, pending } = useView();
  const { close } = useDialogs();
  const [reason, setReason] = useState("0");
  const [minutes, setMinutes] = useState("15");
  const count = Number(minutes);
  const valid = Number.isInteger(count) && count >= 1 && count <= MOST_MINUTES;
  const reasons = (account?.rest_reasons ?? []).map(({ restReasonId, restReason }) => ({
    value: String(restReasonId),
    label: restReason,
  }));
  const send = async () => {
    if (!valid) return;
    close();
    await session.rest({ seconds: count * 60, reason: Number(reason) });
  };
  return (
    <Form
      onSubmit={() => void send()}
      onCancel={close}
      submit={text("rest.submit")}
      busy={pending.has("rest")}
      testId="rest-form"
    >
      <Select
        label={text("rest.reason")}
        value={reason}
        onChange={setReason}
        options={[{ value: "0", label: text("rest.reason.none") }, ...reasons]}
        testId="rest-reason"
      />
      <SegmentedControl
        aria-label={text("rest.minutes")}
        value={USUAL.includes(minutes) ? minutes : ""}
        onChange={setMinutes}
        data={USUAL}
      />
      <TextInput
        label={text("rest.minutes")}
        description={text("rest.minutes.help")}
        inputMode="numeric"
        value={minutes}
        onChange={(event) => setMinutes(event.currentTarget.value.trim())}
        error={valid ? null : text("rest.minutes.help")}
        data-testid="rest-minutes"
      />
    </Form>
  );
}

export function RestDialog(): ReactNode {
  const text = useWords();
  const { shown, close } = useDialogs();
  return (
    <Modal
      opened={shown === "rest"}
      onClose={close}
      title={text("rest.heading")}
      closeButtonProps={{ "aria-label": text("common.close") }}
    >
      <RestForm />
    </Modal>
  );
}
