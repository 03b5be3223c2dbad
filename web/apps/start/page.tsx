/** The first page: what is where, and how the server is doing. */

import { Button, Skeleton } from "@mantine/core";
import { type ServerInfo, serverInfo } from "@opencec/api-client";
import { Banner, Header, Icon, type IconName, useText } from "@opencec/ui";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import type { StartKey } from "./locales/en";
import css from "./page.module.css";

const REFRESH_MS = 5_000;

export function StartPage(): ReactNode {
  const text = useText<StartKey>();
  useEffect(() => {
    document.title = text("start.title");
  }, [text]);
  const info = useQuery({ queryKey: ["info"], queryFn: serverInfo, refetchInterval: REFRESH_MS });
  return (
    <>
      <Header />
      {info.isError ? (
        <Banner
          kind="danger"
          title={text("backend.title")}
          testId="backend-absent"
          action={
            <Button size="compact-sm" variant="default" onClick={() => void info.refetch()}>
              {text("backend.retry")}
            </Button>
          }
        >
          {text("backend.text")}
        </Banner>
      ) : null}
      <main className={css.main} data-testid="start-page">
        <div className={css.intro}>
          <h1>{text("start.heading")}</h1>
          <p>{text("start.lead")}</p>
        </div>
        <div className={css.doors}>
          <Door name="call" icon="phone" href="/call" />
          <Door name="workbench" icon="headset" href="/workbench">
            {info.data?.demo ? <p className={css.hint}>{text("start.workbench.demo")}</p> : null}
          </Door>
          {info.data?.web_channels?.length ? <Door name="chat" icon="queue" href="/chat-demo" /> : null}
        </div>
        <div className={css.columns}>
          <Numbers info={info.data} />
          <div className={css.stack}>
            <Facts info={info.data} />
            <Phones info={info.data} />
            <Docs info={info.data} />
          </div>
        </div>
      </main>
    </>
  );
}

interface DoorProps {
  name: "call" | "workbench" | "chat";
  icon: IconName;
  href: string;
  children?: ReactNode;
}

function Door({ name, icon, href, children }: DoorProps): ReactNode {
  const text = useText<StartKey>();
  return (
    <section className={css.card}>
      <h2>
        <Icon name={icon} size={22} />
        {text(`start.${name}.title`)}
      </h2>
      <p>{text(`start.${name}.text`)}</p>
      {children}
      <Button component="a" href={href} target="_blank" rel="noopener" data-testid={`open-${name}`}>
        {text(`start.${name}.open`)}
      </Button>
    </section>
  );
}

function Numbers({ info }: { info?: ServerInfo }): ReactNode {
  const text = useText<StartKey>();
  const codes = info?.access_codes;
  return (
    <section className={css.card} aria-labelledby="numbers">
      <h2 id="numbers">
        <Icon name="keypad" size={22} />
        {text("start.numbers")}
      </h2>
      {codes === undefined ? <Skeleton height={160} /> : null}
      {codes?.length === 0 ? <p>{text("start.numbers.empty")}</p> : null}
      {codes?.length ? (
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{text("start.numbers.number")}</th>
              <th scope="col">{text("start.numbers.what")}</th>
              <th scope="col">
                <span className="sr-only">{text("start.call.open")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {codes.map(({ code, name }) => (
              <tr key={code}>
                <td>{code}</td>
                <td>{name}</td>
                <td>
                  <a href={`/call?to=${encodeURIComponent(code)}`} target="_blank" rel="noopener opener">
                    {text("start.numbers.call", { code })}
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  );
}

function Facts({ info }: { info?: ServerInfo }): ReactNode {
  const text = useText<StartKey>();
  const facts: [StartKey, string | undefined, string][] = [
    ["start.agents", info?.signed_in_agents?.toString(), "fact-agents"],
    ["start.calls", info?.live_calls?.toString(), "fact-calls"],
    ["start.version", info?.version, "fact-version"],
  ];
  return (
    <section className={css.card} aria-labelledby="now">
      <h2 id="now">
        <Icon name="signal" size={22} />
        {text("start.now")}
      </h2>
      {info ? (
        <dl className={css.facts}>
          {facts.map(([key, value, testId]) =>
            value === undefined ? null : (
              <div key={key}>
                <dt>{text(key)}</dt>
                <dd data-testid={testId}>{value}</dd>
              </div>
            ),
          )}
        </dl>
      ) : (
        <Skeleton height={56} role="status" aria-label={text("start.loading")} />
      )}
    </section>
  );
}

function Phones({ info }: { info?: ServerInfo }): ReactNode {
  const text = useText<StartKey>();
  const rows: [StartKey, string | null | undefined][] = [
    ["start.phones.sip", info?.sip],
    ["start.phones.ws", info?.ws_sip],
    ["start.phones.https", info?.https_url],
  ];
  return (
    <section className={css.card}>
      <h2>
        <Icon name="phoneIn" size={22} />
        {text("start.phones.title")}
      </h2>
      <p>{text("start.phones.text")}</p>
      <dl className={css.addresses}>
        {rows.map(([key, value]) =>
          value ? (
            <div key={key}>
              <dt>{text(key)}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </div>
          ) : null,
        )}
      </dl>
    </section>
  );
}

function Docs({ info }: { info?: ServerInfo }): ReactNode {
  const text = useText<StartKey>();
  if (!info?.docs_url) return null;
  return (
    <section className={css.card}>
      <h2>
        <Icon name="book" size={22} />
        {text("start.docs.title")}
      </h2>
      <p>{text("start.docs.text")}</p>
      <a href={info.docs_url} data-testid="open-docs">
        {text("start.docs.open")}
      </a>
    </section>
  );
}
