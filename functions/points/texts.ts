/** The SMS about a redemption, in every language. */
export const redeemedTexts = ({ points, balance }: { points: number; balance: number }) => ({
  en: `You redeemed ${points} points. You have ${balance} left.`,
  es: `Has canjeado ${points} puntos. Te quedan ${balance}.`,
  'zh-CN': `您已兑换 ${points} 积分，剩余 ${balance} 积分。`,
});
