/** The customer's page: one green button, then a call. */

import { Button } from "@mantine/core";
import { type ServerInfo, serverInfo } from "@opencec/api-client";
import { Banner, Header, MicrophoneHelp, Notice, useText } from "@opencec/ui";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import type { CallKey } from "./locales/en";
import css from "./page.module.css";
import { Live } from "./parts/live";
import { Ready } from "./parts/ready";
import { CallSession, type CallView } from "./session";

export const DEFAULT_CODE = "1000";
const RETRY_MS = 3_000;
const REFRESH_MS = 5_000;

function useTitle(title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
}

function Banners({ view, session, info }: { view: CallView; session: CallSession; info?: ServerInfo }) {
  const text = useText<CallKey>();
  const inCall = view.phone.call !== null;
  const linked = !inCall || (view.phone.link === "up" && !view.phone.recovering);
  return (
    <>
      {view.phone.microphone ? (
        <MicrophoneHelp
          problem={view.phone.microphone}
          secureUrl={info?.https_url}
          onRetry={() => void session.start()}
        />
      ) : null}
      {linked ? null : (
        <Banner kind="warning" title={text("call.link.lost.title")} testId="link-lost">
          {text("call.link.lost.text")}
        </Banner>
      )}
      {linked && info?.signed_in_agents === 0 ? (
        <Banner kind="info" title={text("call.nobody.title")} testId="nobody-here">
          {text(info.demo ? "call.nobody.demo" : "call.nobody.text")}
        </Banner>
      ) : null}
      {view.phone.audioBlocked ? (
        <Banner
          kind="danger"
          title={text("sound.title")}
          testId="audio-blocked"
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
    </>
  );
}

export function CallPage({ makeSession = (to: string) => new CallSession(to) }): ReactNode {
  const text = useText<CallKey>();
  useTitle(text("call.title"));
  const [session] = useState(() =>
    makeSession(new URLSearchParams(location.search).get("to") ?? DEFAULT_CODE),
  );
  const view = useSyncExternalStore(session.subscribe, session.view);
  useEffect(() => void session.resume(), [session]);
  const info = useQuery({
    queryKey: ["info"],
    queryFn: serverInfo,
    refetchInterval: (query) => (query.state.error ? RETRY_MS : REFRESH_MS),
  });
  const idle = view.stage === "ready" || view.stage === "ended";

  if (info.isError && idle && view.problem === null) {
    return (
      <>
        <Header />
        <Notice
          icon="server"
          title={text("backend.title")}
          testId="backend-absent"
          action={<Button onClick={() => void info.refetch()}>{text("backend.retry")}</Button>}
        >
          {text("backend.text")}
        </Notice>
      </>
    );
  }
  return (
    <>
      <Header />
      <Banners view={view} session={session} info={info.data} />
      <main className={css.main} data-testid="call-page" data-stage={view.stage}>
        {idle ? (
          <Ready
            view={view}
            session={session}
            codes={info.data?.access_codes ?? []}
            videoCode={info.data?.video_codes?.[0]}
          />
        ) : (
          <Live view={view} session={session} />
        )}
      </main>
    </>
  );
}
