import Button from "@cloudscape-design/components/button";
import { useState } from "react";

/** A statement to read and to copy. */
export function Sql({ text, title }: { text: string; title: string }) {
  const [copied, setCopied] = useState<"no" | "yes" | "failed">("no");
  const copy = () =>
    void navigator.clipboard.writeText(text).then(
      () => setCopied("yes"),
      () => setCopied("failed"), // no right to the clipboard: the text can still be selected
    );
  return (
    <div className="sql">
      <div className="sql-head">
        <span>{title}</span>
        <Button iconName="copy" variant="normal" onClick={copy} ariaLabel={`Copy ${title}`}>
          {copied === "yes" ? "Copied" : copied === "failed" ? "Select and copy" : "Copy"}
        </Button>
      </div>
      <pre tabIndex={0} aria-label={title}>
        <code>{text}</code>
      </pre>
    </div>
  );
}
