/** Microphone and speaker of a call that goes on: taken over at once. */

import { type AudioDevice, audioDevices } from "@opencec/softphone";
import { useText } from "@opencec/ui";
import { type ReactNode, useEffect, useId, useState } from "react";
import { type DeviceChoice, readDevices } from "../devices";
import type { CallKey } from "../locales/en";
import css from "../page.module.css";
import type { CallSession } from "../session";

interface ChooserProps {
  label: string;
  devices: AudioDevice[];
  value: string | null;
  onChange: (id: string | null) => void;
  testId: string;
}

function Chooser({ label, devices, value, onChange, testId }: ChooserProps): ReactNode {
  const text = useText<CallKey>();
  const id = useId();
  // Without a choice there is nothing to ask; some browsers let no page choose the speaker.
  if (devices.length < 2) return null;
  return (
    <div className={css.chooser}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value ?? ""}
        onChange={(event) => onChange(event.target.value || null)}
        data-testid={testId}
      >
        <option value="">{text("call.device.default")}</option>
        {devices
          .filter((device) => device.id !== "default")
          .map((device) => (
            <option key={device.id} value={device.id}>
              {device.label || device.id.slice(0, 8)}
            </option>
          ))}
      </select>
    </div>
  );
}

export function Devices({ session }: { session: CallSession }): ReactNode {
  const text = useText<CallKey>();
  const [choice, setChoice] = useState(readDevices);
  const [{ inputs, outputs }, setDevices] = useState<{ inputs: AudioDevice[]; outputs: AudioDevice[] }>({
    inputs: [],
    outputs: [],
  });
  useEffect(() => {
    const read = () => void audioDevices().then(setDevices);
    read();
    navigator.mediaDevices?.addEventListener?.("devicechange", read);
    return () => navigator.mediaDevices?.removeEventListener?.("devicechange", read);
  }, []);
  const choose = (next: DeviceChoice) => {
    setChoice(next);
    session.setDevices(next);
  };
  if (inputs.length < 2 && outputs.length < 2) return null;
  return (
    <details className={css.devices} data-testid="call-devices">
      <summary>{text("call.devices")}</summary>
      <Chooser
        label={text("call.device.input")}
        devices={inputs}
        value={choice.input}
        onChange={(input) => choose({ ...choice, input })}
        testId="call-input"
      />
      <Chooser
        label={text("call.device.output")}
        devices={outputs}
        value={choice.output}
        onChange={(output) => choose({ ...choice, output })}
        testId="call-output"
      />
    </details>
  );
}
