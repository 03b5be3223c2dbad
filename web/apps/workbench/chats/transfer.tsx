/** Passes a chat to a colleague or a queue, with everything that was said. */

import { Modal, Switch } from "@mantine/core";
import type { DeskChat } from "@opencec/api-client";
import { type ReactNode, useState } from "react";
import { useWords } from "../parts/context";
import { Form } from "../parts/fields";
import { type Target, Targets } from "../parts/targets";
import { useChatStore } from "./context";

export function TransferChat({ chat, onClose }: { chat: DeskChat; onClose: () => void }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const [target, setTarget] = useState<Target | null>(null);
  const [waits, setWaits] = useState(false);
  const [isTouched, setTouched] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const send = async () => {
    setTouched(true);
    if (!target || (target.kind !== "agent" && target.kind !== "queue")) return;
    const { kind, address } = target;
    setBusy(true);
    const worked = await store?.transfer(chat.contact, {
      kind,
      address,
      mode: waits ? "success" : "release",
    });
    setBusy(false);
    if (worked) onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={text("chats.transfer")}
      closeButtonProps={{ "aria-label": text("common.close") }}
    >
      <Form
        submit={text("chats.transfer")}
        onSubmit={() => void send()}
        onCancel={onClose}
        busy={isBusy}
        testId="chat-transfer"
      >
        <Targets
          kinds={["agent", "queue"]}
          chosen={target}
          onChoose={setTarget}
          onTake={() => void send()}
          error={isTouched && !target ? text("chats.transfer.missing") : null}
        />
        <Switch
          label={text("chats.transfer.wait")}
          checked={waits}
          onChange={({ currentTarget }) => setWaits(currentTarget.checked)}
        />
      </Form>
    </Modal>
  );
}
