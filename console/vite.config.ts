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
  },
  server: { host: "127.0.0.1", proxy: { "/v1": "http://127.0.0.1:7373" } },
});
