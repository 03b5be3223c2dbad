/** The agent's workbench: one screen, no page loads. */

import { Skeleton } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import css from "./page.module.css";
import { readAudioChoice } from "./parts/audio_choice";
import { SessionContext, useView, useWords } from "./parts/context";
import { SignInForm } from "./parts/sign_in_form";
import { Workbench } from "./session/workbench";

const fetchWorking = () => import("./working");
const Working = lazy(() => fetchWorking().then((module) => ({ default: module.Working })));

function Restoring(): ReactNode {
  const text = useWords();
  return (
    <main className={css.restoring} data-testid="restoring">
      <h1 className="sr-only">{text("wb.title")}</h1>
      <Skeleton height={64} radius={0} />
      <p role="status">{text("signin.restoring")}</p>
    </main>
  );
}

function Stages(): ReactNode {
  const text = useWords();
  const { stage } = useView();
  useEffect(() => {
    if (stage === "signin") document.title = text("wb.title");
  }, [stage, text]);
  useEffect(() => {
    // While the phone registers; what fails here is tried again, and told, when the part is shown.
    if (stage === "signing_in" || stage === "restoring") fetchWorking().catch(() => undefined);
  }, [stage]);
  if (stage === "working")
    return (
      <Suspense fallback={<Restoring />}>
        <Working />
      </Suspense>
    );
  return stage === "restoring" ? <Restoring /> : <SignInForm />;
}

export function WorkbenchPage({
  makeSession = () => new Workbench(),
}: {
  makeSession?: () => Workbench;
}): ReactNode {
  const [session] = useState(makeSession);
  useEffect(() => {
    void session.phone.setDevices(readAudioChoice()).catch(() => undefined);
    void session.resume();
    // A page that the browser kept in its back-forward cache has lost its session: start over.
    const shown = ({ persisted }: PageTransitionEvent) => persisted && location.reload();
    addEventListener("pagehide", session.suspend);
    addEventListener("pageshow", shown);
    return () => {
      removeEventListener("pagehide", session.suspend);
      removeEventListener("pageshow", shown);
    };
  }, [session]);
  return (
    <SessionContext value={session}>
      <Stages />
    </SessionContext>
  );
}
