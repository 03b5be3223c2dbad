/** Small form parts that several dialogs use. */

import { Button } from "@mantine/core";
import { type FormEvent, type ReactNode, useId } from "react";
import { useWords } from "./context";
import css from "./dialogs.module.css";

export const isNumber = (value: string): boolean => /^[0-9*#]{1,24}$/.test(value);
export const isDigits = (value: string): boolean => /^[0-9]{1,24}$/.test(value);
/** People paste numbers with blanks, dashes and a plus sign. */
export const bare = (value: string): string => value.replace(/[\s()./+-]/g, "");

interface SelectProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly { value: string; label: string }[];
  testId: string;
}

export function Select({ label, value, onChange, options, testId }: SelectProps): ReactNode {
  const id = useId();
  return (
    <div className={css.select}>
      <label htmlFor={id}>{label}</label>
      <select
        data-autofocus
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        data-testid={testId}
      >
        {options.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </select>
    </div>
  );
}

interface FormProps {
  onSubmit: () => void;
  onCancel: () => void;
  submit: string;
  busy: boolean;
  testId: string;
  children: ReactNode;
}

export function Form({ onSubmit, onCancel, submit, busy, testId, children }: FormProps): ReactNode {
  const text = useWords();
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form className={css.form} onSubmit={send} noValidate data-testid={testId}>
      {children}
      <div className={css.actions}>
        <Button variant="default" onClick={onCancel}>
          {text("common.cancel")}
        </Button>
        <Button type="submit" loading={busy} data-testid={`${testId}-submit`}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
