/** Language and colour scheme. */

import { ActionIcon, Menu, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { LANGUAGES, type Language, setLanguage, useLanguage, useText } from "./i18n";
import { Icon } from "./icons";

export function LanguageSwitch(): ReactNode {
  const text = useText();
  const current = useLanguage();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={text("language.label")}
          title={text("language.label")}
          data-testid="language-switch"
        >
          <Icon name="globe" size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(LANGUAGES) as Language[]).map((each) => (
          <Menu.Item
            key={each}
            lang={each}
            data-autofocus={each === current || undefined}
            onClick={() => void setLanguage(each)}
            leftSection={<Icon name={each === current ? "check" : "globe"} size={16} />}
            data-testid={`language-${each}`}
          >
            {LANGUAGES[each]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function ThemeSwitch(): ReactNode {
  const text = useText();
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  const label = text(isDark ? "theme.toLight" : "theme.toDark");
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(isDark ? "light" : "dark")}
      data-testid="theme-switch"
    >
      <Icon name={isDark ? "sun" : "moon"} size={20} />
    </ActionIcon>
  );
}
