import type { ShopKey } from "./en";

export const zh: Record<ShopKey, string> = {
  "shop.title": "港湾自行车",
  "shop.heading": "每天都能骑的自行车",
  "shop.lead": "不确定哪一款适合您？请在右下角的聊天窗口咨询我们。",
  "shop.city": "城市自行车",
  "shop.city.text": "七档变速，带车灯和车篮，适合上班、上学和购物。",
  "shop.cargo": "载货自行车",
  "shop.cargo.text": "可载两个孩子或一周的采购。",
  "shop.folding": "折叠自行车",
  "shop.folding.text": "重十二公斤，十秒折叠，可放在桌下。",
  "shop.absent": "此服务器没有聊天功能。",
  "shop.absent.text": "未配置网页渠道，因此不显示聊天窗口。",
  "shop.agent": "作为座席应答",
};
