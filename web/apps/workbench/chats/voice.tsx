/** A voice message: recorded by the browser, sent as a file. */

import { ActionIcon, Button } from "@mantine/core";
import { duration, Icon } from "@opencec/ui";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useWords } from "../parts/context";

/** What the browser can record, the best first. */
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const LONGEST_MS = 120_000;
const TICK_MS = 250;

interface Recording {
  recorder: MediaRecorder;
  stream: MediaStream;
  beganAt: number;
  isWanted: boolean;
}

async function record(onDone: (sound: Blob) => void): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, { mimeType });
  const parts: Blob[] = [];
  const recording: Recording = { recorder, stream, beganAt: Date.now(), isWanted: true };
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = () => {
    for (const track of stream.getTracks()) track.stop();
    if (recording.isWanted) onDone(new Blob(parts, { type: recorder.mimeType.split(";")[0] }));
  };
  recorder.start();
  return recording;
}

export function Voice({ onSound }: { onSound: (sound: Blob, name: string) => void }): ReactNode {
  const text = useWords();
  const recording = useRef<Recording | null>(null);
  const [ms, setMs] = useState<number | null>(null);
  const [isRefused, setRefused] = useState(false);
  const stop = (isWanted: boolean) => {
    const going = recording.current;
    if (!going) return;
    recording.current = null;
    going.isWanted = isWanted;
    going.recorder.stop();
    setMs(null);
  };
  const stopNow = useRef(stop);
  stopNow.current = stop;
  useEffect(() => {
    if (ms === null) return;
    const timer = setInterval(() => {
      const since = Date.now() - (recording.current?.beganAt ?? Date.now());
      if (since > LONGEST_MS) stopNow.current(true);
      else setMs(since);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [ms]);
  useEffect(() => () => stopNow.current(false), []);
  const start = async () => {
    try {
      recording.current = await record((sound) => {
        const ending = sound.type.split("/")[1] ?? "webm";
        onSound(sound, `voice.${ending}`);
      });
      setRefused(false);
      setMs(0);
    } catch {
      setRefused(true);
    }
  };
  if (ms !== null)
    return (
      <>
        <Button size="sm" color="red" onClick={() => stop(true)} data-testid="voice-stop">
          {text("chats.voice.stop", { time: duration(ms) })}
        </Button>
        <ActionIcon
          size="lg"
          variant="default"
          onClick={() => stop(false)}
          aria-label={text("chats.voice.cancel")}
        >
          <Icon name="close" size={18} />
        </ActionIcon>
      </>
    );
  return (
    <ActionIcon
      size="lg"
      variant="default"
      onClick={() => void start()}
      aria-label={text(isRefused ? "chats.voice.failed" : "chats.voice")}
      title={text(isRefused ? "chats.voice.failed" : "chats.voice")}
      data-testid="voice"
    >
      <Icon name={isRefused ? "micOff" : "mic"} size={18} />
    </ActionIcon>
  );
}
