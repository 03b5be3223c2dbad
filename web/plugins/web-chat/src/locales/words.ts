/** The widget's language: that which the page names, else that of the page, else the browser's. */

import { en, type Key } from "./en";
import { zh } from "./zh";

export type Words = (key: Key, values?: Record<string, string | number>) => string;
export type Language = "en" | "zh-CN";

export const languageOf = (wanted: string): Language =>
  (wanted || document.documentElement.lang || navigator.language).toLowerCase().startsWith("zh")
    ? "zh-CN"
    : "en";

export function wordsOf(language: Language): Words {
  const messages: Record<Key, string> = language === "zh-CN" ? zh : en;
  return (key, values = {}) =>
    messages[key].replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ""));
}
