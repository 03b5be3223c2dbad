/** Signing in. What went wrong stays beside the fields until it is solved. */

import { Button, PasswordInput, TextInput } from "@mantine/core";
import { duration, Header } from "@opencec/ui";
import { type FormEvent, type ReactNode, useState } from "react";
import type { SignInProblem } from "../session/view";
import { useSession, useView, useWords } from "./context";
import css from "./sign_in_form.module.css";

function Problem({ problem }: { problem: SignInProblem }): ReactNode {
  const text = useWords();
  const { kind, retryAfterS, message, code } = problem;
  const words =
    kind === "locked" && retryAfterS !== null
      ? text("signin.locked.for", { time: duration(retryAfterS * 1000) })
      : text(`signin.${kind}`, { message, code });
  return (
    <p className={css.problem} role="alert" data-testid="signin-problem" data-kind={kind}>
      {words}
    </p>
  );
}

export function SignInForm(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { stage, problem, ended } = useView();
  const [workno, setWorkno] = useState("");
  const [password, setPassword] = useState("");
  const busy = stage === "signing_in";
  const takenElsewhere = problem?.kind === "already" || problem?.kind === "other_tab";
  const send = (takeOver: boolean) => {
    if (workno && password) void session.signIn({ workno: workno.trim(), password, takeOver });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send(false);
  };
  return (
    <>
      <Header />
      <main className={css.main}>
        <form className={css.form} onSubmit={submit} data-testid="signin-form">
          <h1>{text("signin.heading")}</h1>
          {ended && !problem ? (
            <p className={css.ended} role="status" data-testid="session-ended" data-ended={ended}>
              <strong>{text(`ended.${ended}.title`)}</strong> {text(`ended.${ended}.text`)}
            </p>
          ) : null}
          <TextInput
            label={text("signin.workno")}
            inputMode="numeric"
            autoComplete="username"
            autoFocus
            required
            withAsterisk={false}
            value={workno}
            onChange={(event) => setWorkno(event.currentTarget.value)}
            data-testid="signin-workno"
          />
          <PasswordInput
            label={text("signin.password")}
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            data-testid="signin-password"
          />
          {problem ? <Problem problem={problem} /> : null}
          {takenElsewhere ? (
            <Button variant="default" onClick={() => send(true)} loading={busy} data-testid="signin-takeover">
              {text("signin.takeover")}
            </Button>
          ) : null}
          <Button type="submit" loading={busy} data-testid="signin-submit">
            {text("signin.submit")}
          </Button>
          <p className={css.hint} aria-live="polite">
            {busy ? text("signin.busy") : "\u00a0"}
          </p>
        </form>
      </main>
    </>
  );
}
