/** Chooses microphone and speaker, and shows that the microphone hears. */

import { Button, Modal } from "@mantine/core";
import {
  type AudioDevice,
  audioDevices,
  cameras,
  closeStream,
  openMicrophone,
  TEST_SECONDS,
  TestCall,
  type TestReport,
  type TestVerdict,
  watchLevel,
} from "@opencec/softphone";
import { LevelMeter } from "@opencec/ui";
import { type ReactNode, useEffect, useState } from "react";
import { Ringer } from "../session/ringer";
import { type AudioChoice, keepAudioChoice, readAudioChoice } from "./audio_choice";
import { useSession, useView, useWords } from "./context";
import { useDialogs } from "./dialogs";
import css from "./dialogs.module.css";
import { Select } from "./fields";

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

/** One ring, to hear where it comes from. */
function playRing(device: string | null): void {
  const ringer = new Ringer();
  ringer.setDevice(device);
  ringer.unlock({ ask: false });
  ringer.once();
}

const FREE_FOR_TEST = new Set(["busy", "rest", "wrapup"]);

function Verdict({ verdict, quality }: { verdict: TestVerdict; quality: TestReport["quality"] }): ReactNode {
  const text = useWords();
  return (
    <p
      role="status"
      className={css.verdict}
      data-kind={verdict === "good" ? "success" : "warning"}
      data-testid="test-verdict"
      data-verdict={verdict}
    >
      {text(`audio.verdict.${verdict}`)}
      {quality
        ? ` ${text("quality.detail", {
            rtt: quality.roundTripMs === null ? "-" : `${Math.round(quality.roundTripMs)} ms`,
            jitter: Math.round(quality.jitterMs),
            loss: quality.lossPercent.toFixed(1),
            mos: quality.mos.toFixed(1),
          })}`
        : ""}
    </p>
  );
}

/** A call to the echo test: microphone, network and speaker in one go, with a verdict. */
function TestCallForm(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { model, phone, account, follows } = useView();
  const [test, setTest] = useState<TestCall | null>(null);
  const [told, setTold] = useState<TestReport | null>(null);
  useEffect(() => () => test?.stop(), [test]);
  const code = account?.echo_code;
  if (!code || follows) return null;
  const free = FREE_FOR_TEST.has(model.state) && (phone.call === null || test !== null) && phone.registered;
  const begin = () => {
    const started = new TestCall(session.phone, `sip:${code}@${account.sip.domain}`, setTold);
    setTest(started);
    setTold({ phase: "running", verdict: null, secondsLeft: TEST_SECONDS, quality: null });
    void started.run().finally(() => setTest(null));
  };
  return (
    <section className={css.test} aria-label={text("audio.call.heading")}>
      <p className={css.note}>{text(free || test ? "audio.call.help" : "audio.call.busy")}</p>
      {test ? (
        <Button variant="default" onClick={() => test.stop()} data-testid="test-call-stop">
          {text("audio.call.stop", { seconds: told?.secondsLeft ?? 0 })}
        </Button>
      ) : (
        <Button variant="default" disabled={!free} onClick={begin} data-testid="test-call">
          {text("audio.call.start")}
        </Button>
      )}
      {told?.verdict ? <Verdict verdict={told.verdict} quality={told.quality} /> : null}
    </section>
  );
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
  const [seen, setSeen] = useState<AudioDevice[]>([]);
  useEffect(() => {
    const read = () => {
      void audioDevices().then(setDevices);
      void cameras().then(setSeen);
    };
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
      <Select
        label={text("audio.ring")}
        value={choice.ring ?? ""}
        onChange={(ring) => choose({ ...choice, ring: ring || null })}
        options={options(devices.outputs)}
        testId="audio-ring"
      />
      {seen.length ? (
        <Select
          label={text("audio.camera")}
          value={choice.camera ?? ""}
          onChange={(camera) => choose({ ...choice, camera: camera || null })}
          options={options(seen)}
          testId="audio-camera"
        />
      ) : null}
      <Button variant="default" onClick={() => void playRing(choice.ring)} data-testid="audio-ring-test">
        {text("audio.ring.test")}
      </Button>
      <TestCallForm />
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
