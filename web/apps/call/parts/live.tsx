/** During a call: state, timer, microphone level, quality, keypad, mute, hang-up. */

import { type Pictures, watchLevel } from "@opencec/softphone";
import {
  CallPictures,
  duration,
  Icon,
  type IconName,
  Keypad,
  LevelMeter,
  QualityBars,
  useNow,
  useText,
} from "@opencec/ui";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import type { CallKey } from "../locales/en";
import css from "../page.module.css";
import type { CallSession, CallView } from "../session";
import { Devices } from "./devices";

/** The level of the microphone, 0..1, while there is one. */
function useLevel(stream: MediaStream | null): number {
  const [level, setLevel] = useState(0);
  useEffect(() => (stream ? watchLevel(stream, setLevel) : undefined), [stream]);
  return level;
}

function stageKey({ stage, phone }: CallView): CallKey {
  if (stage === "resuming") return "call.resuming";
  if (stage === "talking") return "call.talking";
  if (stage === "preparing") return "call.preparing";
  return phone.call?.phase === "early" ? "call.early" : "call.calling";
}

export function Live({ view, session }: { view: CallView; session: CallSession }): ReactNode {
  const text = useText<CallKey>();
  const { call, quality, pictures } = view.phone;
  const talking = view.stage === "talking";
  const now = useNow(Date.now, talking);
  const level = useLevel(talking ? session.phone.stream : null);
  const [padOpen, setPadOpen] = useState(false);
  const [sent, setSent] = useState("");
  const press = useCallback(
    (key: string) => {
      session.phone.sendTones(key);
      setSent((before) => (before + key).slice(-16));
    },
    [session],
  );
  const muted = call?.muted ?? false;
  return (
    <>
      <div className={css.status} aria-live="polite">
        <h1 data-testid="call-state">{text(stageKey(view))}</h1>
        <p className={css.timer} data-testid="call-timer" aria-live="off">
          {talking && view.talkingSince !== null ? duration(now - view.talkingSince) : "\u00a0"}
        </p>
        {muted ? <p className={css.muted}>{text("call.muted")}</p> : null}
      </div>
      {pictures.active ? <CallPictures pictures={pictures} /> : null}
      <div className={css.meters}>
        <Icon name={muted ? "micOff" : "mic"} />
        <LevelMeter level={muted ? 0 : level} />
        <QualityBars quality={quality} />
      </div>
      {padOpen ? (
        <div className={css.pad}>
          <output className={css.sent} data-testid="sent-digits">
            {sent || "\u00a0"}
          </output>
          <Keypad onKey={press} />
          <p>{text("call.keypad.hint")}</p>
        </div>
      ) : null}
      {talking ? <Devices session={session} /> : null}
      <KeyboardDigits enabled={view.phone.call !== null} onKey={press} />
      <div className={css.controls}>
        <Control
          icon={muted ? "micOff" : "mic"}
          label={text(muted ? "call.unmute" : "call.mute")}
          pressed={muted}
          disabled={!talking}
          onClick={() => session.phone.setMuted(!muted)}
          testId="call-mute"
        />
        <button
          type="button"
          className={css.hangup}
          onClick={() => session.hangUp()}
          aria-label={text(call ? "call.hangup" : "call.cancel")}
          data-testid="call-hangup"
        >
          <Icon name="phoneDown" size={30} />
        </button>
        <Control
          icon="keypad"
          label={text("call.keypad")}
          pressed={padOpen}
          disabled={!call}
          onClick={() => setPadOpen(!padOpen)}
          testId="call-keypad"
        />
        <Camera pictures={pictures} session={session} enabled={talking} />
      </div>
    </>
  );
}

interface CameraProps {
  pictures: Pictures;
  session: CallSession;
  enabled: boolean;
}

function Camera({ pictures, session, enabled }: CameraProps): ReactNode {
  const text = useText<CallKey>();
  const { active, wanted } = pictures;
  if (!active) return null;
  return (
    <Control
      icon={wanted ? "video" : "videoOff"}
      label={text(wanted ? "pictures.turnOff" : "pictures.turnOn")}
      pressed={!wanted}
      disabled={!enabled}
      onClick={() => session.setCamera(!wanted)}
      testId="call-camera"
    />
  );
}

const DIGIT = /^[0-9*#]$/;

/** Digits typed on the computer's keyboard reach the menu even when the keypad is closed. */
function KeyboardDigits({ enabled, onKey }: { enabled: boolean; onKey: (key: string) => void }): null {
  useEffect(() => {
    if (!enabled) return;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !DIGIT.test(event.key)) return;
      onKey(event.key);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [enabled, onKey]);
  return null;
}

interface ControlProps {
  icon: IconName;
  label: string;
  pressed: boolean;
  disabled: boolean;
  onClick: () => void;
  testId: string;
}

function Control({ icon, label, pressed, disabled, onClick, testId }: ControlProps): ReactNode {
  return (
    <div className={css.control}>
      <button
        type="button"
        className={css.round}
        aria-pressed={pressed}
        disabled={disabled}
        onClick={onClick}
        aria-label={label}
        data-testid={testId}
      >
        <Icon name={icon} size={24} />
      </button>
      <span aria-hidden="true">{label}</span>
    </div>
  );
}
