import { type ReactNode, useEffect, useRef } from "react";

interface Props {
  title: string;
  wide?: boolean;
  /** Not given: the question has to be answered. */
  onClose?: () => void;
  children: ReactNode;
}

/** A modal dialog: Escape and the backdrop close it. */
export function Dialog({ title, wide = false, onClose, children }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, []);
  return (
    <dialog
      ref={box}
      className={wide ? "p-dialog ag-dialog bd-dialog" : "p-dialog bd-dialog"}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onMouseDown={(event) => {
        if (event.target === box.current) onClose?.();
      }}
    >
      <div className="p-stack">
        <h2>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
