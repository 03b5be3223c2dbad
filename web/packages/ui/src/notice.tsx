/** Messages: a whole-page notice, and a banner with what to do. */

import type { ReactNode } from "react";
import { Icon, type IconName } from "./icons";
import css from "./notice.module.css";

interface NoticeProps {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  testId?: string;
}

export function Notice({ icon, title, children, action, testId }: NoticeProps): ReactNode {
  return (
    <main className={css.notice} data-testid={testId}>
      <Icon name={icon} size={40} />
      <h1>{title}</h1>
      <div className={css.text}>{children}</div>
      {action}
    </main>
  );
}

export type BannerKind = "info" | "warning" | "danger";

interface BannerProps {
  kind: BannerKind;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  testId?: string;
}

/** Stays until its cause is solved. Dangers are announced at once, others when the reader pauses. */
export function Banner({ kind, title, children, action, testId }: BannerProps): ReactNode {
  return (
    <div
      className={`${css.banner} ${css[kind]}`}
      role={kind === "danger" ? "alert" : "status"}
      data-testid={testId}
    >
      <Icon name={kind === "info" ? "info" : "alert"} size={20} />
      <div className={css.grow}>
        <strong>{title}</strong>
        {children ? <span className={css.detail}> {children}</span> : null}
      </div>
      {action}
    </div>
  );
}
