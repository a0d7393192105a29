import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The service sends a strict content security policy: nothing may be inlined into the page.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "dist",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    reportCompressedSize: false,
    // The engine is pure: what the page does not call need not come along (70 kB, compressed).
    rolldownOptions: { treeshake: { moduleSideEffects: (id) => !id.includes("/engine/src/") } },
  },
  server: { host: "127.0.0.1", proxy: { "/v1": "http://127.0.0.1:7373" } },
});
