import { Command } from "commander";
import { findMenuFaults, menuSurroundings } from "../menus/load.ts";
import { promptNames } from "../prompts/catalogue.ts";
import { conclude, surroundings } from "./surroundings.ts";

/** `kituo menus`: the menus that callers walk. */
export function menus(): Command {
  const command = new Command("menus").description("check the menus that callers walk");
  command
    .command("check")
    .description("find dead menus, missing prompts, unknown queues and callers who cannot get out")
    .argument("[folder]", "the menus; this installation's own when none is named")
    .action(async (folder: string | undefined) => {
      const { centre, menusFolder, promptsFolder } = surroundings();
      const known = menuSurroundings(centre, await promptNames(promptsFolder));
      const found = await findMenuFaults(folder ?? menusFolder, known);
      conclude(found.faults, `${found.menus.size} menus`);
    });
  return command;
}
