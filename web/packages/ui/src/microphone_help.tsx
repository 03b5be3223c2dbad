/** Says in plain words why there is no microphone, and what to do. */

import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useText } from "./i18n";
import { Banner } from "./notice";

export type ShownMicrophoneProblem = "insecure" | "denied" | "missing" | "in_use" | "failed";

interface MicrophoneHelpProps {
  problem: ShownMicrophoneProblem;
  /** The server's HTTPS address, when it has one. */
  secureUrl?: string | null;
  onRetry?: () => void;
}

export function MicrophoneHelp({ problem, secureUrl, onRetry }: MicrophoneHelpProps): ReactNode {
  const text = useText();
  const retry = onRetry ? (
    <Button size="compact-sm" variant="default" onClick={onRetry} data-testid="mic-retry">
      {text("mic.retry")}
    </Button>
  ) : null;
  const link = secureUrl ? (
    <Button
      size="compact-sm"
      variant="default"
      component="a"
      href={new URL(location.pathname + location.search, secureUrl).href}
      data-testid="secure-link"
    >
      {text("mic.insecure.link")}
    </Button>
  ) : null;
  return (
    <Banner
      kind="danger"
      title={text(`mic.${problem}.title`)}
      action={problem === "insecure" ? link : retry}
      testId={`mic-${problem}`}
    >
      {text(`mic.${problem}.text`)}
    </Banner>
  );
}
