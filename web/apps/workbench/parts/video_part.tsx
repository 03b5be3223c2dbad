/** The pictures of the active call, and the way from voice to video and back. */

import { Button } from "@mantine/core";
import { isCustomerCall } from "@opencec/agent-calls";
import { CallPictures, Icon } from "@opencec/ui";
import type { ReactNode } from "react";
import { type Call, isConference } from "../session/model";
import css from "./contact_card.module.css";
import { useSession, useView, useWords } from "./context";

export function VideoPart({ call }: { call: Call }): ReactNode {
  const text = useWords();
  const session = useSession();
  const { phone, pending, reachable, follows } = useView();
  const { pictures } = phone;
  if (follows || call.phase !== "talking" || isConference(call)) return null;
  const off = !reachable || pending.has("switchMedia");
  return (
    <>
      {pictures.active ? <CallPictures pictures={pictures} /> : null}
      <div className={css.pictures}>
        {isCustomerCall(call) ? (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Icon name={pictures.active ? "phone" : "video"} size={16} />}
            disabled={off}
            onClick={() => void session.switchMedia(!pictures.active)}
            data-testid="switch-media"
          >
            {text(pictures.active ? "card.toVoice" : "card.toVideo")}
          </Button>
        ) : null}
        {pictures.active ? (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Icon name={pictures.wanted ? "videoOff" : "video"} size={16} />}
            onClick={() => void session.phone.setCamera(!pictures.wanted)}
            data-testid="camera"
          >
            {text(pictures.wanted ? "pictures.turnOff" : "pictures.turnOn")}
          </Button>
        ) : null}
      </div>
    </>
  );
}
