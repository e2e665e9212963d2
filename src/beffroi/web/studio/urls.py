"""Addresses of the studio."""

from django.urls import path

from . import examples_views, filter_views, new_analysis_views, rows, sharing_views, validation_views, views
from .editing import importing_views, saving_views
from .editing import views as editing
from .materialized import views as materialized
from .proposing import views as proposing
from .readymade import views as readymade

urlpatterns = [
    path("", views.boards, name="boards"),
    path("nouvelle/", new_analysis_views.new_analysis, name="new-analysis"),
    path("modeles/<slug:model>/", readymade.readymade, name="readymade-board"),
    path("proposees/<slug:dataset>/garder/", proposing.keep, name="proposal-keep"),
    path("tableaux/<slug:board>/", views.board, name="board"),
    path("tableaux/<slug:board>/export.<slug:form>", views.board_export, name="board-export"),
    path("tableaux/<slug:board>/commenter/", views.board_comment, name="board-comment"),
    path(
        "tableaux/<slug:board>/commentaires/<int:comment>/retirer/",
        views.board_comment_remove,
        name="board-comment-remove",
    ),
    path("tableaux/<slug:board>/filtres/", filter_views.board_filters, name="board-filters"),
    path("tableaux/<slug:board>/partager/", sharing_views.board_share, name="board-share"),
    path(
        "tableaux/<slug:board>/partager/<int:link>/fermer/",
        sharing_views.board_unshare,
        name="board-unshare",
    ),
    path("tableaux/<slug:board>/supprimer/", views.board_remove, name="board-remove"),
    path("tableaux/<slug:board>/<int:rank>.json", views.board_figure, name="board-figure"),
    path("tableaux/<slug:board>/<int:rank>/retirer/", views.board_figure_remove, name="board-figure-remove"),
    path("tableaux/<slug:board>/<int:rank>/ranger/", views.board_figure_arrange, name="board-figure-arrange"),
    path("recettes/<slug:recipe>/", views.recipe, name="recipe"),
    path("recettes/<slug:recipe>/figure.json", views.recipe_figure, name="recipe-figure"),
    path("recettes/<slug:recipe>/export.<slug:form>", views.recipe_export, name="recipe-export"),
    path("recettes/<slug:recipe>/lignes/", rows.recipe_rows, name="recipe-rows"),
    path("recettes/<slug:recipe>/tableau/", views.recipe_to_board, name="recipe-to-board"),
    path("recettes/<slug:recipe>/reprendre/", editing.take_up, name="recipe-take-up"),
    path("recettes/<slug:recipe>/recette.yaml", views.recipe_yaml, name="recipe-yaml"),
    path("recettes/<slug:recipe>/python/", views.recipe_python, name="recipe-python"),
    path("recettes/<slug:recipe>/exemples/", examples_views.recipe_examples, name="recipe-examples"),
    path(
        "recettes/<slug:recipe>/exemples/supprimer/",
        examples_views.example_remove,
        name="recipe-example-remove",
    ),
    path("recettes/<slug:recipe>/valider/", validation_views.validate, name="recipe-validate"),
    path("recettes/<slug:recipe>/garder/", materialized.materialize, name="result-keep"),
    path("recettes/<slug:recipe>/recalculer/", materialized.take_over, name="result-renew"),
    path("recettes/<slug:recipe>/ne-plus-calculer/", materialized.stop_refreshing, name="result-stop"),
    path("brouillons/", editing.list_drafts, name="drafts"),
    path("brouillons/reprendre/", importing_views.take_in, name="recipe-import"),
    path("brouillons/<int:draft>/", editing.draft, name="draft"),
    path("brouillons/<int:draft>/lignes.json", editing.counts, name="draft-counts"),
    path("brouillons/<int:draft>/etape/", editing.step, name="draft-step"),
    path("brouillons/<int:draft>/etape/deplacer/", editing.move, name="draft-step-move"),
    path("brouillons/<int:draft>/etape/retirer/", editing.remove, name="draft-step-remove"),
    path("brouillons/<int:draft>/annuler/", editing.undo, name="draft-undo"),
    path("brouillons/<int:draft>/retablir/", editing.redo, name="draft-redo"),
    path("brouillons/<int:draft>/enregistrer/", saving_views.save, name="draft-save"),
    path("brouillons/<int:draft>/supprimer/", editing.discard, name="draft-discard"),
]
