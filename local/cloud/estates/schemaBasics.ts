import { z } from "zod";

export const guid = z.guid().transform((text) => text.toLowerCase());
export const instant = z.iso.datetime();
export const name = z.string().min(1);
