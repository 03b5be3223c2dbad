import "@opencec/ui/styles";
import { mount, startI18n } from "@opencec/ui";
import { ChatDemoPage } from "./page";

await startI18n({
  en: () => import("./locales/en").then((module) => module.en),
  "zh-CN": () => import("./locales/zh").then((module) => module.zh),
});
mount(<ChatDemoPage />);
