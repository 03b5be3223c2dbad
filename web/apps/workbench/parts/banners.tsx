/** What is wrong, and what to do about it. Each stays until it is solved. */

import { Button } from "@mantine/core";
import { serverInfo } from "@opencec/api-client";
import { Banner, MicrophoneHelp } from "@opencec/ui";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { View } from "../session/view";
import { useSession, useView, useWords } from "./context";

function Failure({ failed }: { failed: NonNullable<View["failed"]> }): ReactNode {
  const text = useWords();
  const session = useSession();
  const { code, message } = failed;
  const why =
    code === "lost"
      ? text("banner.failed.lost")
      : text(message ? "banner.failed.code" : "banner.failed.code.only", { message, code });
  return (
    <Banner
      kind="danger"
      title={text("banner.failed", { action: text(`action.${failed.action}`) })}
      testId="action-failed"
      action={
        <Button size="compact-sm" variant="default" onClick={session.dismiss}>
          {text("banner.dismiss")}
        </Button>
      }
    >
      {why}
    </Banner>
  );
}

function Microphone({ view }: { view: View }): ReactNode {
  const session = useSession();
  const info = useQuery({
    queryKey: ["info"],
    queryFn: serverInfo,
    enabled: view.phone.microphone === "insecure",
  });
  if (!view.phone.microphone) return null;
  return (
    <MicrophoneHelp
      problem={view.phone.microphone}
      secureUrl={info.data?.https_url}
      onRetry={session.retryMicrophone}
    />
  );
}

export function Banners(): ReactNode {
  const text = useWords();
  const session = useSession();
  const view = useView();
  const { phone, model } = view;
  const lost = !view.reachable || (!view.follows && phone.link !== "up");
  return (
    <div>
      {view.follows ? (
        <Banner
          kind="info"
          title={text("banner.follows.title")}
          testId="banner-follows"
          action={
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => void session.takePhone()}
              data-testid="take-phone"
            >
              {text("banner.follows.take")}
            </Button>
          }
        >
          {text("banner.follows.text")}
        </Banner>
      ) : null}
      {lost ? (
        <Banner kind="warning" title={text("banner.server.title")} testId="banner-server">
          {text("banner.server.text")}
        </Banner>
      ) : null}
      {!lost && !view.follows && !phone.registered && !phone.recovering ? (
        <Banner kind="warning" title={text("banner.phone.title")} testId="banner-phone">
          {text("banner.phone.text")}
        </Banner>
      ) : null}
      {phone.recovering ? (
        <Banner kind="danger" title={text("banner.recovering.title")} testId="banner-recovering">
          {text("banner.recovering.text")}
        </Banner>
      ) : null}
      <Microphone view={view} />
      {phone.audioBlocked ? (
        <Banner
          kind="danger"
          title={text("sound.title")}
          testId="banner-sound"
          action={
            <Button
              size="compact-sm"
              onClick={() => session.phone.unblockAudio()}
              data-testid="unblock-audio"
            >
              {text("sound.play")}
            </Button>
          }
        />
      ) : null}
      {model.notice ? (
        <Banner
          kind="warning"
          title={text(`banner.${model.notice}`)}
          testId={`notice-${model.notice}`}
          action={
            <Button size="compact-sm" variant="default" onClick={session.dismiss}>
              {text("banner.dismiss")}
            </Button>
          }
        />
      ) : null}
      {view.failed ? <Failure failed={view.failed} /> : null}
    </div>
  );
}
