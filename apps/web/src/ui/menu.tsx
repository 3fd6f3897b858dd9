import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';

interface MenuProps {
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end';
  startsOpen?: boolean;
}

/**
 * A menu under a button. Not modal: the modal kind injects a `<style>`, which our policy refuses. Not in a portal: it
 * stays in the landmark that its button is in.
 */
export function Menu({ trigger, children, align = 'end', startsOpen = false }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen={startsOpen}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Content
        align={align}
        sideOffset={6}
        collisionPadding={8}
        className="z-40 min-w-52 animate-arrive rounded-xl border bg-raised p-1 text-[0.933rem] shadow-float"
      >
        {children}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

export function MenuItem({ children, onSelect }: { children: ReactNode; onSelect: () => void }) {
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      className="flex cursor-default items-center gap-2.5 rounded-lg px-2.5 py-1.5 outline-none data-highlighted:bg-green-wash data-highlighted:text-green-deep"
    >
      {children}
    </DropdownMenu.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="eyebrow px-2.5 pt-2 pb-1">{children}</DropdownMenu.Label>;
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}

export function MenuChoice<Value extends string>(props: {
  value: Value;
  choices: [Value, string][];
  onChoose(value: Value): void;
}) {
  return (
    <DropdownMenu.RadioGroup value={props.value} onValueChange={(value) => props.onChoose(value as Value)}>
      {props.choices.map(([value, label]) => (
        <DropdownMenu.RadioItem
          key={value}
          value={value}
          className="flex cursor-default items-center gap-2.5 rounded-lg px-2.5 py-1.5 outline-none data-highlighted:bg-green-wash data-[state=checked]:font-medium"
        >
          <span className="grid size-4 place-items-center">
            <DropdownMenu.ItemIndicator className="size-2 rounded-full bg-green" />
          </span>
          {label}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
