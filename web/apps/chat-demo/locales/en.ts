export const en = {
  "shop.title": "Harbour Bikes",
  "shop.heading": "Bikes for every day",
  "shop.lead": "Not sure which one fits? Ask us: the chat is at the lower right.",
  "shop.city": "City bike",
  "shop.city.text": "Seven gears, lights, a basket. For work, school and market.",
  "shop.cargo": "Cargo bike",
  "shop.cargo.text": "Carries two children or a week of shopping.",
  "shop.folding": "Folding bike",
  "shop.folding.text": "Twelve kilograms, folded in ten seconds, fits under a desk.",
  "shop.absent": "This server has no chat.",
  "shop.absent.text": "No web channel is set up, so the chat does not show.",
  "shop.agent": "Answer as an agent",
} as const;

export type ShopKey = keyof typeof en;
