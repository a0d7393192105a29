import { useSyncExternalStore } from "react";

/** The window's width, for tables that show fewer columns where there is less room. */
export function useWidth(): number {
  return useSyncExternalStore(subscribe, () => innerWidth);
}

function subscribe(changed: () => void): () => void {
  addEventListener("resize", changed);
  return () => removeEventListener("resize", changed);
}
