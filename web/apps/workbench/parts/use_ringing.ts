/** Ring tone, notification and title while a call rings; the title says the state otherwise. */

import { activeCall } from "@opencec/agent-calls";
import { stateWord } from "@opencec/ui";
import { useEffect, useState } from "react";
import { Ringer } from "../session/ringer";
import { type AudioChoice, CHANGED, readAudioChoice } from "./audio_choice";
import { useOtherParty } from "./contacts";
import { phoneHint, useView, useWords } from "./context";
import { usePartyName } from "./party";
import { shownState } from "./state_menu";

export function useRinging(): void {
  const text = useWords();
  const view = useView();
  const party = useOtherParty();
  const partyName = usePartyName();
  const [ringer] = useState(() => new Ringer());
  useEffect(() => {
    const choose = (event: Event) => ringer.setDevice((event as CustomEvent<AudioChoice>).detail.ring);
    ringer.setDevice(readAudioChoice().ring);
    addEventListener(CHANGED, choose);
    return () => removeEventListener(CHANGED, choose);
  }, [ringer]);
  const call = activeCall(view.model);
  const rings = !view.follows && phoneHint(view).ringing;
  const number = rings ? (call ? party(call) : partyName(view.phone.call?.name ?? "")) : "";
  const queue = call?.queue ?? "";
  const state = shownState(view);

  useEffect(() => {
    // Browsers allow sound after the first click or key only, also after a reload.
    const unlock = () => ringer.unlock();
    addEventListener("pointerdown", unlock, { once: true });
    addEventListener("keydown", unlock, { once: true });
    return () => {
      removeEventListener("pointerdown", unlock);
      removeEventListener("keydown", unlock);
      ringer.stop();
    };
  }, [ringer]);

  useEffect(() => {
    if (rings) ringer.start({ title: text("wb.title.ringing", { number }), body: queue });
    else ringer.stop();
  }, [rings, ringer, number, queue, text]);

  useEffect(() => {
    const word = state === "out" ? "" : `${text(stateWord(state))} · `;
    document.title = rings ? text("wb.title.ringing", { number }) : `${word}${text("wb.title")}`;
  }, [rings, number, state, text]);
}
