/** Languages: one i18next instance for the page, messages loaded for the chosen language only. */

import i18next from "i18next";
import { useCallback, useSyncExternalStore } from "react";
import type { CommonKey, CommonMessages } from "./locales/en";

export type Language = "en" | "zh-CN";
export const LANGUAGES: Record<Language, string> = { en: "English", "zh-CN": "简体中文" };

type Messages = Record<string, string>;
type Loader = () => Promise<Messages>;
export type Loaders = Record<Language, Loader>;

/** boot.js reads the same key before the application starts. */
const KEY = "opencec.language";

const COMMON: Record<Language, () => Promise<CommonMessages>> = {
  en: () => import("./locales/en").then((module) => module.en),
  "zh-CN": () => import("./locales/zh").then((module) => module.zh),
};

let loaders: Loaders = { en: async () => ({}), "zh-CN": async () => ({}) };

function chosen(): Language {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === "en" || kept === "zh-CN") return kept;
  } catch {
    // Storage may be forbidden; the browser's language decides then.
  }
  return navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

async function load(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, "translation")) return;
  const [common, own] = await Promise.all([COMMON[language](), loaders[language]()]);
  i18next.addResourceBundle(language, "translation", { ...common, ...own });
}

/** Loads the page's messages in the user's language. To be awaited before the first render. */
export async function startI18n(own: Loaders): Promise<void> {
  loaders = own;
  const language = chosen();
  await i18next.init({
    lng: language,
    resources: {},
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  });
  await load(language);
  document.documentElement.lang = language;
}

export const language = (): Language => (i18next.language === "zh-CN" ? "zh-CN" : "en");

export async function setLanguage(next: Language): Promise<void> {
  await load(next);
  await i18next.changeLanguage(next);
  document.documentElement.lang = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function subscribe(listener: () => void): () => void {
  i18next.on("languageChanged", listener);
  return () => i18next.off("languageChanged", listener);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, language);
}

export type Values = Record<string, string | number>;
export type Translate<Key extends string> = (key: Key, values?: Values) => string;

/** Messages by key; components render again when the language changes. */
export function useText<Key extends string = CommonKey>(): Translate<Key | CommonKey> {
  const current = useLanguage();
  return useCallback((key, values) => i18next.t(key, { lng: current, ...values }), [current]);
}
