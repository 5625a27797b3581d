// The one place that talks to the server. Every answer is JSON or audio; every failure has a code and a sentence.

import { t } from "./words";

export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

function csrf(): string {
  const field = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]");
  return field?.value ?? "";
}

async function request(url: string, options: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new ApiError("offline", t("The server does not answer."), 0);
  }
  const json = (response.headers.get("Content-Type") ?? "").includes("json");
  if (response.redirected || response.status === 401 || (response.status === 403 && !json)) {
    throw new ApiError("signed_out", t("You are signed out. Sign in in another tab; your work stays here."), 401);
  }
  if (!response.ok) throw await errorOf(response, json);
  return response;
}

async function errorOf(response: Response, json: boolean): Promise<ApiError> {
  const body = json ? ((await response.json().catch(() => ({}))) as Record<string, unknown>) : {};
  const error = (body["error"] ?? {}) as { code?: string; message?: string };
  const message = error.message ?? t("The server answered with an error ({status}).", { status: response.status });
  return new ApiError(error.code ?? `http_${response.status}`, message, response.status, body);
}

export async function getJson<T>(url: string): Promise<T> {
  const response = await request(url, { headers: { Accept: "application/json" } });
  return (await response.json()) as T;
}

/** Sends JSON. Raises ApiError; its `body` is what the server said. */
export async function sendJson<T>(url: string, body: unknown, method = "POST"): Promise<T> {
  const response = await request(url, {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify(body),
  });
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

/** Sends JSON, answers audio. */
export async function sendForAudio(url: string, body: unknown): Promise<Blob> {
  const response = await request(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "audio/wav, application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify(body),
  });
  return await response.blob();
}
