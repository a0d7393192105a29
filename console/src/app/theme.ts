/** Light or dark: as the system says, until the person chooses. */
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

const KEY = "foretop-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme);
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  showTheme();
  for (const listener of listeners) listener();
}

export function showTheme(): void {
  applyMode(currentTheme() === "dark" ? Mode.Dark : Mode.Light);
}

function currentTheme(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "light" || chosen === "dark") return chosen;
  return system.matches ? "dark" : "light";
}

function subscribe(changed: () => void): () => void {
  const both = () => {
    showTheme();
    changed();
  };
  system.addEventListener("change", both);
  listeners.add(changed);
  return () => {
    system.removeEventListener("change", both);
    listeners.delete(changed);
  };
}
