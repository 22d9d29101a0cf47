{
  description = "Access to one Kubernetes namespace on Amazon EKS, starting from its name";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      each = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      cargo = nixpkgs.lib.importTOML ./Cargo.toml;
    in
    {
      packages = each (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = "nsaccess";
          version = cargo.workspace.package.version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          cargoBuildFlags = [
            "--workspace"
            "--bin=nsaccess"
            "--bin=manual"
          ];
          # The integration tests talk to a sandbox on this machine and to shells: tests/run is their place.
          doCheck = false;
          nativeBuildInputs = [ pkgs.installShellFiles ];
          postInstall = ''
            $out/bin/manual man
            rm $out/bin/manual
            installManPage man/*.1
            installShellCompletion --cmd nsaccess \
              --bash src/commands/completion/scripts/nsaccess.bash \
              --zsh src/commands/completion/scripts/nsaccess.zsh \
              --fish src/commands/completion/scripts/nsaccess.fish
          '';
          meta = {
            description = cargo.package.description;
            license = pkgs.lib.licenses.asl20;
            mainProgram = "nsaccess";
          };
        };
      });
    };
}
