/** What all pages share: look, words, states, messages. */
export { CallPictures } from "./call_pictures";
export { useNow } from "./clock";
export { duration, timeOfDay } from "./format";
export { Header, Logo } from "./header";
export { type Language, type Loaders, language, setLanguage, startI18n, useLanguage, useText } from "./i18n";
export { Icon, type IconName } from "./icons";
export { Keypad } from "./keypad";
export { LevelMeter, QualityBars } from "./meters";
export { MicrophoneHelp } from "./microphone_help";
export { Banner, type BannerKind, Notice } from "./notice";
export { LanguageSwitch, ThemeSwitch } from "./preferences";
export { mount, Provider } from "./provider";
export { type ShownState, StateBadge, stateClass, stateIcon, stateWord } from "./states";
