/** The far end's picture with the own one in its corner. The place it takes never changes while the call has video. */

import type { Pictures } from "@opencec/softphone";
import { type ReactNode, useEffect, useRef, useState } from "react";
import css from "./call_pictures.module.css";
import { useText } from "./i18n";
import { Icon } from "./icons";
import type { CommonKey } from "./locales/en";

/** A sender with its camera on sends several pictures a second; a browser goes on to show the last one for ever. */
const STILL_MS = 1_500;
const LOOK_EVERY_MS = 300;

/** Plays a stream; true while pictures arrive. */
function useMoving(stream: MediaStream | null): [React.RefObject<HTMLVideoElement | null>, boolean] {
  const element = useRef<HTMLVideoElement>(null);
  const [moving, setMoving] = useState(false);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    video.srcObject = stream;
    setMoving(false);
    if (!stream) return;
    void video.play()?.catch(() => undefined); // a newer stream took over
    let shown = 0;
    let last = Number.NEGATIVE_INFINITY;
    const timer = setInterval(() => {
      const frames = video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
      const now = performance.now();
      if (frames !== shown) last = now;
      shown = frames;
      setMoving(now - last < STILL_MS);
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [stream]);
  return [element, moving];
}

export function CallPictures({ pictures }: { pictures: Pictures }): ReactNode {
  const text = useText<CommonKey>();
  const [remote, moving] = useMoving(pictures.remote);
  const [own] = useMoving(pictures.own);
  const { problem } = pictures;
  return (
    <section
      className={css.stage}
      aria-label={text("pictures.label")}
      data-testid="pictures"
      data-moving={moving}
    >
      {/* The sound of the call is played apart, and has no captions. */}
      <video
        ref={remote}
        className={css.remote}
        hidden={!moving}
        muted
        playsInline
        data-testid="remote-picture"
      />
      {moving ? null : <p className={css.none}>{text("pictures.none")}</p>}
      <video
        ref={own}
        className={css.own}
        hidden={!pictures.own}
        muted
        playsInline
        data-testid="own-picture"
      />
      {pictures.own ? null : (
        <p className={css.ownNone} data-testid="camera-off-note" data-problem={problem ?? "none"}>
          <Icon name="videoOff" size={18} />
          {text(problem ? `pictures.camera.${problem}` : "pictures.off")}
        </p>
      )}
    </section>
  );
}
