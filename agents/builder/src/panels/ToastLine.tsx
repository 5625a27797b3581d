import { useEffect } from "react";
import { useBuilder } from "../store/store";
import { t } from "../words";

const SHOWN_MS = 6000;

/** One message at a time, at the bottom; it goes by itself. */
export function ToastLine() {
  const toast = useBuilder((state) => state.toast);
  useEffect(() => {
    if (!toast) return;
    const timer = setTimeout(() => useBuilder.setState({ toast: null }), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <div className="bd-toasts" role="status" aria-live="polite">
      {toast && (
        <p key={toast.at} className={`bd-toast is-${toast.kind}`}>
          {toast.text}
          <button type="button" aria-label={t("Close")} onClick={() => useBuilder.setState({ toast: null })}>
            ×
          </button>
        </p>
      )}
    </div>
  );
}
