import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Fixed names and one chunk: Django's static storage adds its own hashes, and a rebuild must give the same bytes.
export default defineConfig({
  plugins: [react()],
  base: "./",
  publicDir: false,
  build: {
    outDir: process.env["BUILDER_OUT"] ?? "../static/agents/builder",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
    license: { fileName: "licences.md" },
    rollupOptions: {
      input: "src/main.tsx",
      output: {
        entryFileNames: "builder.js",
        assetFileNames: "builder[extname]",
        codeSplitting: false,
      },
    },
  },
});
