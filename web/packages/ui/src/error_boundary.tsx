/** Shows what to do when a page breaks, in place of nothing. */

import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { useText } from "./i18n";
import { Notice } from "./notice";

function Broken({ error }: { error: Error }): ReactNode {
  const text = useText();
  return (
    <Notice
      icon="alert"
      title={text("error.title")}
      testId="page-broken"
      action={<Button onClick={() => location.reload()}>{text("error.reload")}</Button>}
    >
      <p>{text("error.text")}</p>
      <details>
        <summary>{text("error.detail")}</summary>
        <code>{error.message}</code>
      </details>
    </Notice>
  );
}

export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children;
  }
}
