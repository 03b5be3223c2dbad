/** Chooses microphone and speaker, and shows that the microphone hears. */

import { Modal } from "@mantine/core";
import { type AudioDevice, audioDevices, closeStream, openMicrophone, watchLevel } from "@opencec/softphone";
import { LevelMeter } from "@opencec/ui";
import { type ReactNode, useEffect, useState } from "react";
import { useSession, useWords } from "./context";
import { useDialogs } from "./dialogs";
import css from "./dialogs.module.css";
import { Select } from "./fields";

const KEY = "opencec.audio";

export interface AudioChoice {
  input: string | null;
  output: string | null;
}

export function readAudioChoice(): AudioChoice {
  try {
    return { input: null, output: null, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { input: null, output: null };
  }
}

function keepAudioChoice(choice: AudioChoice): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // The choice then lasts as long as the page.
  }
}

/** Opens the microphone for as long as the dialog shows, and reports its level. */
function useTestLevel(input: string | null): number {
  const [level, setLevel] = useState(0);
  useEffect(() => {
    let stop = () => undefined as undefined;
    let gone = false;
    openMicrophone(input).then(
      (stream) => {
        const unwatch = gone ? () => undefined : watchLevel(stream, setLevel);
        stop = () => {
          unwatch();
          closeStream(stream);
        };
        if (gone) stop();
      },
      () => setLevel(0),
    );
    return () => {
      gone = true;
      stop();
    };
  }, [input]);
  return level;
}

function AudioForm(): ReactNode {
  const text = useWords();
  const session = useSession();
  const [choice, setChoice] = useState(readAudioChoice);
  const [devices, setDevices] = useState<{ inputs: AudioDevice[]; outputs: AudioDevice[] }>({
    inputs: [],
    outputs: [],
  });
  const level = useTestLevel(choice.input);
  useEffect(() => {
    const read = () => void audioDevices().then(setDevices);
    read();
    navigator.mediaDevices?.addEventListener?.("devicechange", read);
    return () => navigator.mediaDevices?.removeEventListener?.("devicechange", read);
  }, []);
  const choose = (next: AudioChoice) => {
    setChoice(next);
    keepAudioChoice(next);
    void session.phone.setDevices(next).catch(() => undefined);
  };
  const options = (list: AudioDevice[]) => [
    { value: "", label: text("audio.default") },
    ...list
      .filter(({ id }) => id !== "default")
      .map(({ id, label }) => ({ value: id, label: label || id.slice(0, 8) })),
  ];
  return (
    <div className={css.form} data-testid="audio-form">
      <Select
        label={text("audio.input")}
        value={choice.input ?? ""}
        onChange={(input) => choose({ ...choice, input: input || null })}
        options={options(devices.inputs)}
        testId="audio-input"
      />
      <LevelMeter level={level} />
      <p className={css.note}>{text("audio.test")}</p>
      <Select
        label={text("audio.output")}
        value={choice.output ?? ""}
        onChange={(output) => choose({ ...choice, output: output || null })}
        options={options(devices.outputs)}
        testId="audio-output"
      />
    </div>
  );
}

export function AudioDialog(): ReactNode {
  const text = useWords();
  const { shown, close } = useDialogs();
  return (
    <Modal
      opened={shown === "audio"}
      onClose={close}
      title={text("audio.heading")}
      closeButtonProps={{ "aria-label": text("common.close") }}
    >
      <AudioForm />
    </Modal>
  );
}
