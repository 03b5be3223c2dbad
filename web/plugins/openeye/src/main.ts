/** `OpenEye_SDK.js`: the one documented global. */

import { sdkFor } from "./sdk";

const script = document.currentScript as HTMLScriptElement | null;
Object.assign(window, { OpenEye_SDK: sdkFor(script?.src ?? location.href) });
