/** The bar on top of the public pages. */

import type { ReactNode } from "react";
import css from "./header.module.css";
import { useText } from "./i18n";
import { LanguageSwitch, ThemeSwitch } from "./preferences";

export function Logo(): ReactNode {
  return (
    <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" focusable="false" className={css.mark}>
      <rect width="28" height="28" rx="8" fill="currentColor" />
      <path d="M8 16v-2a6 6 0 0 1 12 0v2" fill="none" stroke="#fff" strokeWidth="2.2" strokeLinecap="round" />
      <circle cx="8.5" cy="17" r="2.2" fill="#fff" />
      <circle cx="19.5" cy="17" r="2.2" fill="#fff" />
    </svg>
  );
}

export function Header({ children }: { children?: ReactNode }): ReactNode {
  const text = useText();
  return (
    <header className={css.header}>
      <a href="/" className={css.home}>
        <Logo />
        <span>{text("app.name")}</span>
      </a>
      <div className={css.grow}>{children}</div>
      <LanguageSwitch />
      <ThemeSwitch />
    </header>
  );
}
