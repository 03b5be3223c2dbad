/** The connection bar: state, softphone, network, account. */

import { ActionIcon, Menu } from "@mantine/core";
import { Icon, LanguageSwitch, Logo, QualityBars, ThemeSwitch } from "@opencec/ui";
import type { ReactNode } from "react";
import { CallButtons } from "./call_buttons";
import { useAvailability, useSession, useView, useWords } from "./context";
import { useDialogs } from "./dialogs";
import { StateMenu } from "./state_menu";
import css from "./top_bar.module.css";

function AccountMenu(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { account } = useView();
  const { open } = useDialogs();
  const { enabled, reason } = useAvailability()("signOut");
  const name = account?.name || account?.workno || "";
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={text("account.menu", { name })}
          title={name}
          data-testid="account-menu"
        >
          <Icon name="user" size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {name} · {account?.workno}
        </Menu.Label>
        <Menu.Item data-autofocus onClick={() => open("audio")} data-testid="open-audio">
          {text("account.audio")}
        </Menu.Item>
        <Menu.Item onClick={() => open("shortcuts")} rightSection="?" data-testid="open-shortcuts">
          {text("account.shortcuts")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          disabled={!enabled}
          title={enabled ? undefined : reason}
          onClick={() => void session.signOut()}
          leftSection={<Icon name="signOut" size={16} />}
          data-testid="sign-out"
        >
          {text("action.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function TopBar(): ReactNode {
  const text = useWords();
  const { phone } = useView();
  return (
    <section className={css.bar} aria-label={text("bar.label")}>
      <div className={css.brand}>
        <Logo />
        <h1 className="sr-only">{text("wb.title")}</h1>
      </div>
      <div className={css.state}>
        <StateMenu />
      </div>
      <div className={css.calls}>
        <CallButtons />
      </div>
      <div className={css.rest}>
        <QualityBars quality={phone.quality} />
        <LanguageSwitch />
        <ThemeSwitch />
        <AccountMenu />
      </div>
    </section>
  );
}
