# Inventaire d'un poste Windows : lit, et écrit une ligne CSV à l'écran. Ne change rien, n'envoie rien, ne lit aucun nom de personne.
# Usage, dans PowerShell : .\inventaire-windows.ps1 | Out-File -Encoding utf8 poste.csv
# Puis importez poste.csv dans « Vos postes et appareils ». Proposé par Beffroi, EUPL-1.2. Windows PowerShell 5.1 ou plus.
$ErrorActionPreference = 'SilentlyContinue'

# Une valeur sans ce qui couperait la ligne.
function Format-Cell($value) { ([string]$value) -replace '[;"\r\n\t]', '' }

$system = Get-CimInstance -ClassName Win32_OperatingSystem -Property Caption, Version, BuildNumber
$machine = Get-CimInstance -ClassName Win32_ComputerSystem -Property Name, Model
$bios = Get-CimInstance -ClassName Win32_BIOS -Property SerialNumber
$chassis = (Get-CimInstance -ClassName Win32_SystemEnclosure -Property ChassisTypes).ChassisTypes | Select-Object -First 1

$kind = ''
if (8, 9, 10, 14, 31, 32 -contains $chassis) { $kind = 'Portable' }
elseif (3, 4, 5, 6, 7, 13, 15, 16, 35 -contains $chassis) { $kind = 'Poste fixe' }
elseif (17, 23, 28 -contains $chassis) { $kind = 'Serveur' }

# BitLocker, lu sans droits d'administrateur : 1, 3 et 5 disent que le disque du système est protégé, 2 qu'il ne l'est pas.
$encrypted = ''
$shell = New-Object -ComObject Shell.Application
$protection = $shell.NameSpace($env:SystemDrive).Self.ExtendedProperty('System.Volume.BitLockerProtection')
if (1, 3, 5 -contains $protection) { $encrypted = 'oui' } elseif ($protection -eq 2) { $encrypted = 'non' }

# Antivirus : un produit connu de Windows est-il actif ? Vide sur un serveur, qui ne le dit pas.
$antivirus = ''
$products = @(Get-CimInstance -Namespace root/SecurityCenter2 -ClassName AntiVirusProduct)
if ($products.Count) {
    $active = @($products | Where-Object { $_.productState -band 0x1000 })
    if ($active.Count) { $antivirus = 'oui' } else { $antivirus = 'non' }
}

$updated = ''
$latest = Get-HotFix | Where-Object { $_.InstalledOn } | Sort-Object -Property InstalledOn | Select-Object -Last 1
if ($latest) { $updated = $latest.InstalledOn.ToString('dd/MM/yyyy') }

# Combien de comptes administrent : jamais lesquels.
$members = @(Get-LocalGroupMember -SID 'S-1-5-32-544')
$administrators = ''
if ($members.Count) { $administrators = $members.Count }

$today = (Get-Date).ToString('dd/MM/yyyy')
$cells = $machine.Name, $kind, $bios.SerialNumber, $machine.Model, $system.Caption, "$($system.Version) ($($system.BuildNumber))", $encrypted, $antivirus, $updated, $administrators, $today
Write-Output "Nom de l'appareil;Sorte;Numéro de série;Modèle;Système;Version du système;Disque chiffré;Antivirus actif;Dernière mise à jour le;Comptes administrateurs;Vu pour la dernière fois le"
Write-Output (($cells | ForEach-Object { Format-Cell $_ }) -join ';')
