import type { ApiAnswer } from "./messages.ts";

/** A body that is no JSON, with the answer it gets. */
export class BadJson extends Error {
  readonly answer: ApiAnswer;
  constructor(answer: ApiAnswer) {
    super("the body is not JSON");
    this.answer = answer;
  }
}

/** The JSON text without spaces. What is no JSON is refused in the extension's words, which differ for a body cut short. */
export function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    const type = "Newtonsoft.Json.JsonReaderException";
    if (error instanceof SyntaxError && error.message.includes("Unexpected end") && /^\s*[{[]/.test(text)) {
      const path = [...text.matchAll(/"([^"]*)"\s*:/g)].at(-1)?.[1] ?? "";
      const message = `Unexpected end when deserializing object. Path '${path}', line 1, position ${text.length}.`;
      throw new BadJson(serverError(message, "Newtonsoft.Json.JsonSerializationException"));
    }
    const ExceptionMessage = `Unexpected character encountered while parsing value: ${text.trim().charAt(0)}. Path '', line 0, position 0.`;
    throw new BadJson({
      status: 400,
      body: { Message: "Invalid JSON content", ExceptionMessage, ExceptionType: type, StackTrace: "" },
    });
  }
}

export function argumentError(
  ExceptionMessage: string,
  Message = "One or more of the arguments submitted is incorrect",
): ApiAnswer {
  return {
    status: 400,
    body: { Message, ExceptionMessage, ExceptionType: "System.ArgumentException", StackTrace: "" },
  };
}

export function serverError(ExceptionMessage: string, ExceptionType: string): ApiAnswer {
  const Message = "Something went wrong while processing your request";
  return { status: 500, body: { Message, ExceptionMessage, ExceptionType, StackTrace: "" } };
}
