import { expect, test } from "vitest";
import { en as commonEn } from "../packages/ui/src/locales/en";
import { zh as commonZh } from "../packages/ui/src/locales/zh";
import { en as barEn } from "../plugins/connection-bar/src/frame/locales/en";
import { zh as barZh } from "../plugins/connection-bar/src/frame/locales/zh";
import { en as chatEn } from "../plugins/web-chat/src/locales/en";
import { zh as chatZh } from "../plugins/web-chat/src/locales/zh";
import { en as callEn } from "./call/locales/en";
import { zh as callZh } from "./call/locales/zh";
import { en as shopEn } from "./chat-demo/locales/en";
import { zh as shopZh } from "./chat-demo/locales/zh";
import { en as startEn } from "./start/locales/en";
import { zh as startZh } from "./start/locales/zh";
import { en as workbenchEn } from "./workbench/locales/en";
import { zh as workbenchZh } from "./workbench/locales/zh";

const PAIRS: [string, Record<string, string>, Record<string, string>][] = [
  ["common", commonEn, commonZh],
  ["start", startEn, startZh],
  ["call", callEn, callZh],
  ["shop", shopEn, shopZh],
  ["workbench", workbenchEn, workbenchZh],
  ["connection bar", barEn, barZh],
  ["web chat", chatEn, chatZh],
];

const values = (message: string) => [...message.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

test.each(PAIRS)(
  "%s messages are complete in both languages, with the same values in them",
  (_name, en, zh) => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    for (const [key, message] of Object.entries(en)) {
      expect(zh[key]?.length, key).toBeGreaterThan(0);
      expect(values(zh[key] ?? ""), key).toEqual(values(message));
    }
  },
);
