/** The bar's language: that of the page around it, else the browser's. */

import { en, type Key } from "./en";
import { zh } from "./zh";

export type Words = (key: Key, values?: Record<string, string>) => string;

export const languageOf = (wanted: string): "en" | "zh-CN" =>
  (wanted || navigator.language).toLowerCase().startsWith("zh") ? "zh-CN" : "en";

export function wordsOf(language: "en" | "zh-CN"): Words {
  const messages: Record<Key, string> = language === "zh-CN" ? zh : en;
  return (key, values = {}) =>
    messages[key].replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? "");
}
