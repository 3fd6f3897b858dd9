/** The key that commands begin with, as it is printed on this device's keyboard. */
export const modifierKey = /mac|iphone|ipad/i.test(navigator.userAgent) ? '⌘' : 'Ctrl';
